//! Units of review and their dispositions.

//! Units of review: what becomes of a hit when a person looks at it, and the recorded conclusion.
//!
//! Not here yet: alerts, dispositions and the four-eyes rule arrive with the analysts' console.

//! Who owns whom, and what follows from it.

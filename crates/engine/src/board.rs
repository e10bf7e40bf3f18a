//! Figures of a labelled run: what a threshold finds and what it flags wrongly.
//!
//! Promises: every labelled row counts once; a row that could not be scored is counted as such
//! and as a miss, never left out; a figure without rows to stand on is absent, not zero.

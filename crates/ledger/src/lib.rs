//! Verifiable, append-only record of what was answered.

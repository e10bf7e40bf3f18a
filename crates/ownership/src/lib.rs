//! Who owns or controls whom, and which parties follow a designation because of it.
//!
//! Not here yet: chains of shares and the thresholds of each authority arrive with the ownership
//! rules; until then screening looks at the party alone.

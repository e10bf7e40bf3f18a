//! Law as data: rules, decisions, caps.

//! Turns a party and a snapshot into hits with evidence, without losing one.

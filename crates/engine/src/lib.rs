//! The façade: plain values in, plain values out.

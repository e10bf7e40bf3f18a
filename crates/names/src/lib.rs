//! Text of names: normalise, tokenise, romanise, compare.

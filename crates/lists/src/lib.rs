//! Reads the publishers' list files into listings and named rejections.

//! FollowTheMoney JSON: reads and writes the schemas and properties we support, keeps what we do not.

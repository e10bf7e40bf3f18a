//! Disk: list versions, snapshots, the index.

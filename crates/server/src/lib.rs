//! HTTP: the API and the analysts' console.

//! Wire types of every dialect, for the server and for clients; no logic.

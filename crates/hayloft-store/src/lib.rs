//! Engines: transactions on SQLite or PostgreSQL, blobs on disk, in S3 or in memory.

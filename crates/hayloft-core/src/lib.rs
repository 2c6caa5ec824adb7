//! The product: accounts, the tree of files, versions, trash, quotas, events, jobs.

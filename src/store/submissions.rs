//! Submissions: received, told apart, validated, read back with their counts and findings.

//! The built program seen from outside. Billing companies are OpenSSH's `sftp` and curl, payers are OpenSSH's
//! server and a small Python service, and what they answer is written here; only the claims' bytes come from the
//! project's own simulator. Each test has a world of its own, so all run at once.

mod answers;
mod batches;
mod remits;
mod trip;
mod world;
mod x12;

mod backup;
mod bad_disk;
mod bad_files;
mod big_files;
mod bystanders;
mod claim_status;
mod codes;
mod console;
mod corpus;
mod crash;
mod day;
mod demo;
mod described;
mod documented;
mod earlier;
mod export;
mod failover;
mod full_disk;
mod guides;
mod matching;
mod nodes;
mod object_storage;
mod odd_answers;
mod orders;
mod payers;
mod payload_care;
mod readers;
mod reconcile;
mod retention;
mod round_trip;
mod sftp_habits;
mod start;
mod strange_files;
mod typed;
mod upgrade;
mod validate;
mod webhooks;

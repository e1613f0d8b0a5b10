//! Stage 1, intake. Takes bytes from HTTPS or SFTP; leaves a sealed payload and a submission row; never answers before both are durable.

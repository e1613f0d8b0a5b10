//! Stage 9, watch. Takes deadlines; leaves alarms on silence and stuck work.

//! A claim's timeline: its own events and those of all that it travelled in, in order.

"""The node's behaviour as one sans-IO core: `Core.step(input, now_ms, rng)` returns effects."""

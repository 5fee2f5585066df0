"""The commands: their options as data, one module a command, and the rules for all output."""

"""The commands: one parser, one module a command; arguments in, a call, a rendering out."""

"""The commands of the command line, one module a subject; what they do lives in the stages, here is what they print."""

"""One module a CI system, each with its ``ADAPTER``; being here is all it takes to be asked."""

"""Changes tried over an incumbent: what became of each, from the ledger and the runs."""

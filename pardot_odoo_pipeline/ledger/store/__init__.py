"""Every statement that reads or writes the ledger, one module per concern.

All functions take an open connection first, so that the caller decides what is one transaction.
Whatever decides who wins is one conditional statement; nothing here reads in order to write.
"""

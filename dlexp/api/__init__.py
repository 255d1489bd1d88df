"""dlexp from Python: what the commands do, with tables as pandas DataFrames. Cheap to import.

In a script, call what trains (`run`, `study`, `try_changes`, ...) below `if __name__ == "__main__":`, since training
processes import the script again. Whatever is wrong with an argument, its type as well as its value, is a
`dlexp.errors.UserError` before anything is made on disk; its `lines` say what, one per mistake.
"""

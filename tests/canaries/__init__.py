"""Runs whose every text is a canary that says whose it is and from which level on it may be seen, and all requests that
an app can be asked about them. Law 8 is held by looking for canaries in the answers, whatever route they come from."""

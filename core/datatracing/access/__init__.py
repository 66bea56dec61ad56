"""Who may see and send what. Law 8: no read without authorization."""

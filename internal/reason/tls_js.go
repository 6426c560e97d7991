package reason

// ofTLS has nothing to say: the browser speaks TLS, and tells nobody why it failed.
func ofTLS(error) (Cause, bool) { return Cause{}, false }

package reason

// ofTLS has nothing to say: the browser speaks TLS, and tells nobody why it failed.
func ofTLS(error) string { return "" }

// Why returns Unknown.
func Why(error) Remedy { return Unknown }

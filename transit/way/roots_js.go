package way

// CertPool is nothing where the browser makes the connections.
type CertPool struct{}

package neterr

import "syscall"

// portable is Of for Unix, and for what Go itself makes up elsewhere.
func portable(code syscall.Errno) Meaning {
	switch code {
	case syscall.ECONNREFUSED:
		return Refused
	case syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE:
		return Reset
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN:
		return Unreachable
	case syscall.ETIMEDOUT:
		return TimedOut
	case syscall.EADDRINUSE:
		return InUse
	case syscall.EADDRNOTAVAIL:
		return NotHere
	case syscall.EAFNOSUPPORT, syscall.EPFNOSUPPORT, syscall.EPROTONOSUPPORT:
		return NoFamily
	case syscall.EACCES, syscall.EPERM:
		return Forbidden
	}
	return Unknown
}

// winsock is Of for Windows, whose sockets have numbers of their own.
//
// Source: Microsoft, Windows Sockets Error Codes; System Error Codes 0 to 1299.
func winsock(code syscall.Errno) Meaning {
	switch code {
	case 10061, 1225: // WSAECONNREFUSED, ERROR_CONNECTION_REFUSED
		return Refused
	case 10054, 10053, 10052, // WSAECONNRESET, WSAECONNABORTED, WSAENETRESET
		64, 109, 232, 1236: // ERROR_NETNAME_DELETED, _BROKEN_PIPE, _NO_DATA, _CONNECTION_ABORTED
		return Reset
	case 10051, 10065, 10050, 10064, // WSAENETUNREACH, WSAEHOSTUNREACH, WSAENETDOWN, WSAEHOSTDOWN
		1231, 1232, 1233: // ERROR_NETWORK_, _HOST_, _PROTOCOL_UNREACHABLE
		return Unreachable
	case 10060, 121, 1460: // WSAETIMEDOUT, ERROR_SEM_TIMEOUT, ERROR_TIMEOUT
		return TimedOut
	case 10048: // WSAEADDRINUSE
		return InUse
	case 10049: // WSAEADDRNOTAVAIL
		return NotHere
	case 10047, 10046, 10043: // WSAEAFNOSUPPORT, WSAEPFNOSUPPORT, WSAEPROTONOSUPPORT
		return NoFamily
	case 10013: // WSAEACCES
		return Forbidden
	}
	return Unknown
}

package main

import "sesame/client"

// whatWasTried names a way to the other computer that was tried in vain.
func whatWasTried() map[client.Code]wording {
	return map[client.Code]wording{
		client.PathNone:    {text: "neither computer knows an address or a relay to try"},
		client.PathMore:    {text: "and more"},
		client.PathTried:   {text: "{path} {why}"},
		client.PathVia:     {text: "{path}: {why}"},
		client.PathDirect:  {text: "direct {address}{through}"},
		client.PathRelay:   {text: "relay {address}{through}"},
		client.PathPort:    {text: "the server's port {address}{through}"},
		client.PathThrough: {text: " through {name}"},
	}
}

// whyNoWay says why it isn't one.
func whyNoWay() map[client.Code]wording {
	return map[client.Code]wording{
		client.WayNoName:       {text: "does not resolve"},
		client.WayRefused:      {text: "refused"},
		client.WaySilent:       {text: "did not answer"},
		client.WayFar:          {text: "is out of reach from here"},
		client.WayFailed:       {text: "failed: {why}"},
		client.WayNeverDialled: {text: "is not an address to dial"},
		client.WayLoopback:     {text: "is the loopback address"},
		client.WayPrivate:      {text: "is in a private network that this computer isn't in"},
		client.WayPort:         {text: "has a port that belongs to another service"},
		client.WayBadName:      {text: "is not a valid address"},
		client.WayLocalName:    {text: "is a name that means something else at the proxy"},
		client.WayOnion:        {text: "is only reached over Tor"},
		client.WayTheirs:       {text: "is named by the other computer alone, and may not be used"},
		client.WayAlone:        {text: "was reached, but the other computer did not come"},
		client.WaySpent:        {text: "has carried as much for this network as it does in a day"},
		client.WayNoTicket:     {text: "carries only for those who have met at its own server"},
		client.WayNoTCP:        {text: "is reached over TCP, which a page does not have"},
		client.WayBadURL:       {text: "is not a WebSocket address"},
		client.NoRelayStatus:   {text: "is no relay: HTTP status {status}"},
		client.NoRelaySays:     {text: "is no relay: it says {says}"},
	}
}

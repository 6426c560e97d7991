package main

import "sesame/client"

// What stands within texts of failures and findings: why there is no connection.

func whyUnconnected() map[client.Code]wording {
	return map[client.Code]wording{
		client.ConnServer:      {text: "can't reach the server {server}: {why}"},
		client.ConnRefused:     {text: "connection refused"},
		client.ConnReset:       {text: "connection reset"},
		client.ConnUnreachable: {text: "no way leads there from here"},
		client.ConnNoAnswer:    {text: "no answer"},
		client.ConnInUse:       {text: "something else listens there"},
		client.ConnNotHere:     {text: "this computer doesn't have that address"},
		client.ConnNoFamily:    {text: "this computer doesn't have that kind of address"},
		client.ConnForbidden:   {text: "permission denied"},
		client.ConnEnded:       {text: "the connection was closed"},
		client.ConnStill:       {text: "nothing has come or gone for {after}"},
		client.ConnNoName:      {text: "there is no such name"},
		client.ConnNoLookup:    {text: "its name can't be looked up: {system}"},
		client.ConnExpired:     {text: "its certificate is valid from {from} to {until}, and this computer's clock says {now}"},
		client.ConnOtherName:   {text: "its certificate is for {names}, not for {name}"},
		client.ConnOtherNames:  {text: "its certificate is for {names} and others, not for {name}"},
		client.ConnNameless:    {text: "its certificate is for no name at all, not for {name}"},
		client.ConnUnsigned:    {text: "nobody whom this computer trusts has signed its certificate"},
		client.ConnNoRoots:     {text: "this computer has no list of authorities whose certificates it trusts"},
		client.ConnInvalid:     {text: "its certificate is invalid: {system}"},
		client.ConnNotTLS:      {text: "it does not speak TLS"},
		client.ConnTaken:       {text: "somebody else on this network announces the same number"},
		client.ConnSystem:      {text: "{system}"},
	}
}

func whatIsInstead() map[client.Code]wording {
	return map[client.Code]wording{
		client.InsteadPage:    {text: "this is a web page, not a server for sesame"},
		client.InsteadStatus:  {text: "this is not a server for sesame: HTTP status {status}"},
		client.InsteadPlain:   {text: "this is not a server for sesame: HTTP status {status}; its URL may have to begin with wss://"},
		client.InsteadAway:    {text: "the server redirects to another one, {server}"},
		client.InsteadAnother: {text: "the server redirects to another page, not to a server for sesame"},
		client.InsteadEndless: {text: "the server redirects without end"},
	}
}

func whatProxiesSay() map[client.Code]wording {
	return map[client.Code]wording{
		client.ViaProxy:        {text: "the proxy {proxy} ({source}) {why}"},
		client.ViaTor:          {text: "Tor at {proxy} {why}"},
		client.ViaBrowser:      {text: "{source}: a browser has its own settings for proxies"},
		client.ViaBadAddress:   {text: "can't be asked for this address"},
		client.ViaNotReached:   {text: "can't be reached: {why}"},
		client.ViaNotConnected: {text: "did not connect: {why}"},
		client.ViaSilent:       {text: "did not answer in time"},
		client.ViaHungUp:       {text: "hung up"},
		client.ViaNotHTTP:      {text: "is no HTTP proxy: it says {says}"},
		client.ViaNotSOCKS:     {text: "is no SOCKS5 proxy"},
		client.ViaWantsLogin:   {text: "wants a user and a password"},
		client.ViaBadLogin:     {text: "does not accept the user or the password"},
		client.ViaOddLogin:     {text: "wants a kind of authentication that this program can't do: {methods}"},
		client.ViaRedirects:    {text: "redirects instead of connecting ({status}): it may want a log-in in a browser first"},
		client.ViaRefuses:      {text: "refuses to connect to {server}"},
		client.ViaRefusesAs:    {text: "refuses to connect to {server} ({status})"},
		client.ViaCantConnect:  {text: "could not connect to {server} ({status})"},
		client.ViaCantAs:       {text: "could not connect to {server}: {status}"},
	}
}

func whatIsLate() map[client.Code]wording {
	return map[client.Code]wording{
		client.AwaitGreeting:    {text: "the server's greeting"},
		client.AwaitNameplates:  {text: "the server's list of numbers in use"},
		client.AwaitNameplate:   {text: "a number from the server"},
		client.AwaitClaim:       {text: "the server's answer to our number"},
		client.AwaitStored:      {text: "the end of the server's stored messages"},
		client.AwaitReceipt:     {text: "the server's receipt for our message"},
		client.AwaitConnection:  {text: "a new connection to the server"},
		client.AwaitVersion:     {text: "the other computer's version message"},
		client.AwaitOffer:       {text: "the other computer's offer"},
		client.AwaitHints:       {text: "where the other computer can be reached"},
		client.AwaitTextReceipt: {text: "the other computer's word that the text was shown"},
		client.AwaitOvertaken:   {text: "a message of the other computer that later ones have overtaken"},
	}
}

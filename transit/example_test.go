package transit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"sesame/transit"
	"sesame/transit/record"
)

// Two sides that share a key connect and exchange a record.
func Example() {
	ctx := context.Background()
	key := bytes.Repeat([]byte{7}, transit.KeySize) // from the wormhole
	cfg := &transit.Config{NoRelay: true, AllowLoopback: true}

	sender, err := transit.Listen(ctx, transit.Leader, key, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	receiver, err := transit.Listen(ctx, transit.Follower, key, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The messages travel through the mailbox.
	fromSender, fromReceiver := sender.Message(), receiver.Message()

	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := receiver.Connect(ctx, fromSender)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer conn.Close()
		p, err := conn.ReadRecord()
		fmt.Printf("%s %v\n", p, err)
	}()

	conn, err := sender.Connect(ctx, fromReceiver)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(conn.Path().Words())
	conn.WriteRecord([]byte("open sesame"))
	conn.Close()
	<-done
	// Unordered output:
	// direct, same machine
	// open sesame <nil>
}

// A side that hides its addresses offers relays only.
func ExampleEndpoint_Message() {
	e, err := transit.Listen(context.Background(), transit.Leader, make([]byte, transit.KeySize), &transit.Config{
		NoDirect: true,
		Relays:   []transit.Relay{{Address: "relay.example.org:4001"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	b, _ := json.MarshalIndent(e.Message(), "", " ")
	fmt.Printf("%s\n", b)
	// Output:
	// {
	//  "abilities-v1": [
	//   {
	//    "type": "relay-v1"
	//   }
	//  ],
	//  "hints-v1": [
	//   {
	//    "type": "relay-v1",
	//    "hints": [
	//     {
	//      "type": "direct-tcp-v1",
	//      "priority": 0,
	//      "hostname": "relay.example.org",
	//      "port": 4001
	//     }
	//    ]
	//   }
	//  ]
	// }
}

// Two sesames hold lanes for as long as a session lasts.
func ExampleLanes() {
	ctx := context.Background()
	secret := func(purpose string, size int) []byte { // from the wormhole
		sum := sha256.Sum256([]byte("session" + purpose))
		return sum[:size]
	}
	cfg := &transit.LanesConfig{Config: transit.Config{NoRelay: true, NoUDP: true, AllowLoopback: true}, Want: 1}

	sender, err := transit.OpenLanes(ctx, transit.Leader, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	receiver, err := transit.OpenLanes(ctx, transit.Follower, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The hints travel through the mailbox. Here, only the sender gets any.
	sender.Start(secret, receiver.Hints())
	receiver.Start(secret, nil)

	done := make(chan struct{})
	go func() {
		defer close(done)
		defer receiver.Close()
		for {
			lane, err := receiver.Next(ctx)
			if err != nil {
				fmt.Println(err)
				return
			}
			typ, p, err := lane.Read()
			if err != nil {
				continue // one too many came up at once, and the sender has closed it
			}
			fmt.Printf("%d %s %v\n", typ, p, err)
			return
		}
	}()

	lane, err := sender.Next(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lane.Path().Words())
	buf := make([]byte, 100)
	n := copy(buf[record.HeaderSize:], "open sesame")
	lane.Write(1, buf, n)
	sender.Close()
	<-done
	// Unordered output:
	// direct, same machine
	// 1 open sesame <nil>
}

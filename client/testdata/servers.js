// A page's WebSocket, and what is at its other end: a mailbox server at ws://mailbox.test
// and a relay at ws://relay.test, both in memory.
(() => {
	const plates = new Map(), boxes = new Map(), waiting = new Map();
	let next = 7;

	// mailbox answers one command of the socket s.
	function mailbox(s, command) {
		const say = message => s.come(JSON.stringify(message));
		say({type: "ack", id: command.id});
		const box = () => boxes.get(s.box);
		switch (command.type) {
		case "bind":
			s.side = command.side;
			break;
		case "allocate":
			plates.set(String(next), "box" + next);
			say({type: "allocated", nameplate: String(next++)});
			break;
		case "claim":
			if (!plates.has(command.nameplate)) plates.set(command.nameplate, "box" + next++);
			say({type: "claimed", mailbox: plates.get(command.nameplate)});
			break;
		case "release":
			say({type: "released"});
			break;
		case "open":
			s.box = command.mailbox;
			if (!box()) boxes.set(s.box, {messages: [], sockets: new Set()});
			box().sockets.add(s);
			box().messages.forEach(say);
			break;
		case "add":
			const message = {type: "message", side: s.side, phase: command.phase, body: command.body, id: command.id, server_rx: 1};
			box().messages.push(message);
			box().sockets.forEach(other => other.come(JSON.stringify(message)));
			break;
		case "close":
			box()?.sockets.delete(s);
			say({type: "closed"});
			break;
		case "ping":
			say({type: "pong", pong: command.ping});
		}
	}

	// relay joins sockets that say the same token, and passes on what they send.
	function relay(s, data) {
		if (s.peer) return s.peer.come(data);
		const [, token, side] = /^please relay (\w{64}) for side (\w{16})\n$/.exec(new TextDecoder().decode(data));
		const other = waiting.get(token);
		if (!other || other.side === side || other.over) {
			s.side = side;
			waiting.set(token, s);
			return;
		}
		waiting.delete(token);
		s.peer = other;
		other.peer = s;
		for (const end of [s, other]) end.come(new TextEncoder().encode("ok\n").buffer);
	}

	globalThis.WebSocket = class extends EventTarget {
		constructor(url) {
			super();
			this.bufferedAmount = 0;
			this.at = {"mailbox.test": mailbox, "relay.test": relay}[new URL(url).hostname];
			setImmediate(() => {
				if (!this.at) return this.end(1006);
				this.fire("open", {});
				if (this.at === mailbox) this.come(JSON.stringify({type: "welcome", welcome: {}}));
			});
		}
		fire(name, fields) { this.dispatchEvent(Object.assign(new Event(name), fields)); }
		come(data) { setImmediate(() => this.over || this.fire("message", {data})); }
		end(code) {
			if (this.over) return;
			this.over = true;
			this.fire("close", {code});
			if (this.peer) setImmediate(() => this.peer.end(1000));
		}
		send(data) {
			if (this.at === mailbox) return mailbox(this, JSON.parse(data));
			relay(this, data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
		}
		close() { setImmediate(() => this.end(1000)); }
	};
})();

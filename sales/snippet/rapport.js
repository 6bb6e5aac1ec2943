// Rapport on a shop's website. What this sends and stores, and when: docs/snippet.md. Below 3 kB, hence its tabs.
((w, d, n, l) => {
	const early = w.rapport, tag = d.currentScript || d.querySelector("script[data-workspace]");
	if (early?.on) return;
	const { workspace, consent } = tag.dataset, address = new URL(workspace + "/visits", tag.src);
	const opposed = n.globalPrivacyControl || n.doNotTrack == 1;
	let held = [], agreed, visitor, user, signature, timer, greeted, path;

	const random = () => crypto.randomUUID();
	const store = (what, id) => {
		try { return localStorage[what + "Item"]("rapport", id); } catch {} // forbidden here
	};
	const refuse = () => {
		agreed = false;
		held = [];
		path = "";
		greeted = 1;
	};
	const send = () => {
		timer = clearTimeout(timer);
		const may = agreed || user && consent != "required";
		if (may ? !held.length : greeted) return;
		greeted = 1;
		const events = may ? held.splice(0).map(({ at, ...told }) => ({ ...told, ago: performance.now() - at | 0 })) : [];
		const body = JSON.stringify({ visitor, user, signature, events });
		if (d.hidden) return n.sendBeacon(address, body);
		fetch(address, { method: "POST", body, keepalive: true, credentials: "omit" }).then(async answer => {
			if (answer.ok) return;
			if (answer.status < 405) refuse();
			console.warn("rapport:", await answer.text());
		}, () => {});
	};
	const tell = (type, fields) => {
		if (agreed === false) return;
		held = [...held, { ...fields, type, key: random(), at: performance.now() }].slice(-50);
		timer ||= setTimeout(send, 300);
	};
	const seen = () => path == l.pathname || calls.page({});

	const calls = {
		page(page) {
			path = l.pathname;
			tell("page", { path, ...page });
		},
		product: product => tell("product", { url: l.origin + l.pathname, ...product }),
		cart: cart => tell("cart", cart),
		identify(customer) {
			({ id: user, signature } = customer);
			tell("identify");
		},
		forget() {
			send();
			user = signature = undefined;
			if (agreed) store("set", visitor = random());
		},
		consent(yes) {
			agreed = yes === true && !opposed;
			visitor = agreed ? store("get") || random() : undefined;
			store(agreed ? "set" : "remove", visitor);
			if (!agreed) return refuse();
			seen();
			send();
		},
	};
	w.rapport = (call, value = {}) => {
		try { calls[call](value); } catch (error) { console.warn("rapport:", call, error); }
	};
	w.rapport.on = 1;

	const start = () => {
		if (opposed || consent == "denied") calls.consent();
		else if (consent == "granted" || store("get")) calls.consent(true);
		seen();
		const push = history.pushState;
		history.pushState = (...to) => {
			push.apply(history, to);
			seen();
		};
		addEventListener("popstate", seen);
		addEventListener("visibilitychange", send);
		early?.q?.forEach(call => w.rapport(...call));
	};
	d.prerendering ? d.addEventListener("prerenderingchange", start, { once: true }) : start();
})(window, document, navigator, location);

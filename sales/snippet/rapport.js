// Rapport on a shop's website. What this sends and stores, and when: docs/snippet.md. Served below 3 kB, without what
// sales/snippet/served.py leaves out: it needs every semicolon, and knows no regular expressions.
((w, d, n, l) => {
	const early = w.rapport, tag = d.currentScript || d.querySelector("script[data-workspace]");
	if (early?.on) return;
	const { workspace, consent } = tag.dataset, address = new URL(workspace + "/visits", tag.src);
	const opposed = n.globalPrivacyControl || n.doNotTrack == 1;
	let held = [], agreed, visitor, user, signature, timer, greeted, path, known, last;

	const random = () => crypto.randomUUID();
	const store = (what, id) => {
		try { return localStorage[what + "Item"]("rapport", id); } catch {} // forbidden here
	};
	const refuse = () => {
		agreed = false;
		held = [];
		path = last = "";
		greeted = 1;
	};
	// What the page says of its product to search engines and social networks; of a list of products nothing.
	const products = node => Array.isArray(node) ? node.flatMap(products)
		: [node?.["@type"]].flat().includes("Product") ? node : products(node?.["@graph"] || []);
	const meta = name => d.querySelector(`meta[property="${name}"]`)?.content;
	const described = () => {
		const [only, other] = [...d.querySelectorAll("[type='application/ld+json']")].flatMap(script => {
			try { return products(JSON.parse(script.text)); } catch { return []; }
		});
		const offer = [only?.offers].flat()[0];
		return other ? [] : only ? [only.sku, only.name, offer?.price ?? offer?.lowPrice, offer?.priceCurrency]
			: meta("og:type") != "product" ? []
			: [meta("product:retailer_item_id"), meta("og:title"), meta("product:price:amount"), meta("product:price:currency")];
	};
	const look = () => {
		if (known || d.readyState == "loading") return;
		known = 1;
		const [id, name, price, currency] = described().map(text => text && (text + "").slice(0, 200));
		if ((id || name) && last != (last = id + name)) calls.product({ id, name, price, currency, read: true });
	};
	const send = () => {
		look();
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
		later();
	};
	const later = () => timer ||= setTimeout(send, 300);
	const seen = () => path == l.pathname || (known = 0, calls.page({}));

	const calls = {
		page(page) {
			path = l.pathname;
			tell("page", { path, ...page });
		},
		product(product) {
			known = 1;
			tell("product", { url: l.origin + l.pathname, ...product });
		},
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
		addEventListener("DOMContentLoaded", later);
		early?.q?.forEach(call => w.rapport(...call));
	};
	d.prerendering ? d.addEventListener("prerenderingchange", start, { once: true }) : start();
})(window, document, navigator, location);

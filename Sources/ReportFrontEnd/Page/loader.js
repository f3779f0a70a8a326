// Begins a report, whose script is packed as its data is: unpacks it and adds it to the page, whose policy names both.
const packed = document.querySelector('script[data-block=script]');
const data = Uint8Array.from(atob(packed.textContent), (c) => c.charCodeAt(0));
const script = document.createElement('script');
script.type = 'module';
script.textContent = await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'))).text();
packed.replaceWith(script);

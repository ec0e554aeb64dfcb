// The Worker of the tests of ws-kit: its objects are the rooms that the tests talk to.
export default { fetch: () => new Response("see the tests", { status: 404 }) };

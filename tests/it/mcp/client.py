"""Speaks with `lorag mcp` through the official Python client (package `mcp`, 2.x).

python3 client.py LORAG DATA_DIR, where DATA_DIR holds the documents of mcp.rs.
"""

import asyncio
import sys

from mcp import MCPError, StdioServerParameters
from mcp.client.client import Client


def value(result):
    """What a tool gave."""
    assert not result.is_error, result
    return result.structured_content


async def tour(client):
    assert client.server_info.name == "lorag", client.server_info
    tools = [tool.name for tool in (await client.list_tools()).tools]
    assert tools == ["search", "read_passage", "ask", "list_sources"], tools

    sources = value(await client.call_tool("list_sources", {}))
    assert [one["name"] for one in sources["collections"]] == ["default", "legal"], sources

    found = value(await client.call_tool("search", {"query": "How hot is the oven?"}))
    best = found["hits"][0]
    assert best["path"].endswith("oven.md") and best["stale"] is False, best
    read = value(await client.call_tool("read_passage", {"path": best["path"], "lines": "3"}))
    assert "220 degrees" in read["passages"][0]["text"], read

    resources, cursor = [], None
    while True:
        page = await client.list_resources(cursor=cursor)
        resources += page.resources
        cursor = page.next_cursor
        if cursor is None:
            break
    assert best["uri"] in [str(one.uri) for one in resources], resources
    contents = (await client.read_resource(best["uri"])).contents
    assert contents[0].text == best["text"], contents
    templates = (await client.list_resource_templates()).resource_templates
    assert len(templates) == 2, templates

    told = []

    async def progress(done, total, message):
        told.append((done, message))

    question = {"question": "At how many degrees does the oven bake bread?"}
    answer = value(await client.call_tool("ask", question, progress_callback=progress))
    assert answer["answered"] and "220" in answer["answer"], answer
    assert answer["citations"][0]["path"] == best["path"], answer
    assert told and told == sorted(told, key=lambda one: one[0]), told

    for tool, arguments in [
        ("search", {"query": 7}),
        ("search", {"query": "a", "limit": 10**9}),
        ("read_passage", {"path": "/etc/passwd"}),
        ("read_passage", {"path": "../../etc/passwd"}),
        ("ask", {"question": "\0\x1b[2J"}),
    ]:
        refused = await client.call_tool(tool, arguments)
        assert refused.is_error, (tool, arguments, refused)
    for wrong in [
        client.call_tool("shell", {}),
        client.read_resource("lorag://file/default//etc/passwd"),
        client.list_resources(cursor="!"),
    ]:
        try:
            result = await wrong
        except MCPError:
            continue
        raise AssertionError(result)


async def main(lorag, data):
    server = StdioServerParameters(command=lorag, args=["--data-dir", data, "mcp"])
    # With the handshake alone, and after asking for the newest protocol.
    for mode in ["legacy", "auto"]:
        async with Client(server, mode=mode) as client:
            await tour(client)
            print(mode, client.protocol_version)
    print("all held")


asyncio.run(main(*sys.argv[1:]))

"""Texts as vectors, in OpenAI's form."""

from starlette.responses import Response

from aiops.gateway import entry, replies
from aiops.gateway.bodies import Embeddings, parsed
from aiops.gateway.endpoints.answers import GONE, Answer, Asked, body_of, error_answer, headers_of
from aiops.gateway.gate import embedding_call, unless_gone


async def embeddings(request: Asked) -> Response:
    """POST /v1/embeddings"""
    gate = request.gate
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    body = parsed(await body_of(request), Embeddings)
    call = embedding_call(picture, key, request.headers, body)
    reply = await unless_gone(gate.handle(call), request.receive)
    if reply is None:
        return Response(status_code=GONE)
    headers = headers_of(gate, call, reply)
    if reply.error is not None:
        return error_answer(reply.error, headers)
    return Answer(replies.embeddings_body(call, reply, body.encoding_format), headers=headers)

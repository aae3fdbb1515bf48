"""Outermost: whatever happens within, the call is written down before its reply leaves."""

from aiops.gateway import ports
from aiops.gateway.errors import GatewayError
from aiops.gateway.messages import Call, Handler, Reply, when_whole
from aiops.gateway.record import record_of


class Recorder:
    name = "recorder"

    def __init__(self, spool: ports.Recorder) -> None:
        self._spool = spool

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        try:
            reply = await onward(call)
        except GatewayError as error:
            reply = Reply("refused", error=error)
        except BaseException as error:
            self._spool.write(record_of(call, Reply("refused", finish_reason=type(error).__name__)))
            raise

        async def write(reply: Reply) -> Reply:
            self._spool.write(record_of(call, reply))
            return reply

        return await when_whole(reply, write)

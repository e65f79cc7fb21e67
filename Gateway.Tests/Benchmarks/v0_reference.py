"""A stand-in for the V0 server's socket side, for measuring and recording beside the gateway.

Own code on top of python-socketio (the library V0 used). It keeps V0's order of work: parse query, check
key, replay one event after another (one executor hop each), newest agent state last, then join the room,
then let the library send the CONNECT answer. It leaves out V0's dataclass conversion, so it is faster than V0.

Run:  FILE_STORE_PATH=store PORT=4000 PYTHONPATH=<python-socketio>/src:<python-engineio>/src \
      /usr/bin/python3 v0_reference.py        (needs uvicorn, websockets)
"""
import asyncio, json, os, sys
from datetime import datetime
from urllib.parse import parse_qs

import socketio, uvicorn
from socketio.exceptions import ConnectionRefusedError

ROOT = os.environ.get('FILE_STORE_PATH', 'store')
PAGE = 25
sio = socketio.AsyncServer(async_mode='asgi', cors_allowed_origins='*', max_http_buffer_size=4 * 1024 * 1024,
                           ping_interval=int(os.environ.get('PING_INTERVAL', 25)), ping_timeout=20)
rooms_of = {}
streams = {}


def conv_dir(sid):
    return os.path.join(ROOT, 'sessions', sid)


class Stream:
    def __init__(self, sid):
        self.sid = sid
        d = os.path.join(conv_dir(sid), 'events')
        ids = [int(f.split('.')[0]) for f in os.listdir(d)] if os.path.isdir(d) else []
        self.cur_id = max(ids) + 1 if ids else 0
        self.page = []

    def add(self, event, source):
        event = dict(event)
        event = {'id': self.cur_id, 'timestamp': datetime.now().isoformat(), 'source': source,
                 'message': (event.get('args') or {}).get('content', ''), **event}
        self.cur_id += 1
        d = conv_dir(self.sid)
        os.makedirs(d + '/events', exist_ok=True)
        with open(f'{d}/events/{event["id"]}.json', 'w') as f:
            f.write(json.dumps(event))
        self.page.append(event)
        if len(self.page) == PAGE:
            start = self.page[0]['id']
            os.makedirs(d + '/event_cache', exist_ok=True)
            with open(f'{d}/event_cache/{start}-{start + PAGE}.json', 'w') as f:
                f.write(json.dumps(self.page))
            self.page = []
        return event


def read_events(sid, start):
    d = conv_dir(sid)
    ev = d + '/events'
    if not os.path.isdir(ev):
        return
    ids = [int(f.split('.')[0]) for f in os.listdir(ev)]
    end = max(ids) + 1 if ids else 0
    page, lo, hi = None, 1, -1
    for i in range(start, end):
        if not lo <= i < hi:
            lo = i - i % PAGE
            hi = lo + PAGE
            try:
                with open(f'{d}/event_cache/{lo}-{hi}.json') as f:
                    page = json.load(f)
            except FileNotFoundError:
                page = None
        if page:
            yield page[i - lo]
        else:
            try:
                with open(f'{ev}/{i}.json') as f:
                    yield json.load(f)
            except FileNotFoundError:
                pass


@sio.event
async def connect(cid, environ):
    try:
        q = parse_qs(environ.get('QUERY_STRING', ''))
        try:
            latest = int(q.get('latest_event_id', [-1])[0])
        except ValueError:
            latest = -1
        conv = q.get('conversation_id', [None])[0]
        if not conv:
            raise ConnectionRefusedError('No conversation_id in query params')
        key = os.getenv('SESSION_API_KEY')
        if key and q['session_api_key'][0] != key:
            raise ConnectionRefusedError('invalid_session_api_key')
        state = None
        loop = asyncio.get_running_loop()
        for e in read_events(conv, latest + 1):
            e = await loop.run_in_executor(None, lambda e=e: e)
            if e.get('action') in ('null', 'recall') or e.get('observation') == 'null':
                continue
            if e.get('observation') == 'agent_state_changed':
                state = e
            else:
                await sio.emit('oh_event', e, to=cid)
        if state:
            await sio.emit('oh_event', state, to=cid)
        # A coroutine from python-socketio 5.10 on.
        entered = sio.enter_room(cid, f'room:{conv}')
        if asyncio.iscoroutine(entered):
            await entered
        rooms_of[cid] = conv
        streams.setdefault(conv, None)
        if streams[conv] is None:
            streams[conv] = Stream(conv)
    except ConnectionRefusedError:
        asyncio.create_task(sio.disconnect(cid))
        raise


async def on_action(cid, data):
    conv = rooms_of.get(cid)
    if not conv:
        raise RuntimeError(f'no_connected_session:{cid}')
    e = streams[conv].add(data, 'user')
    await sio.emit('oh_event', e, to=f'room:{conv}')


sio.on('oh_user_action', on_action)
sio.on('oh_action', on_action)


@sio.event
async def disconnect(cid, reason=None):
    rooms_of.pop(cid, None)


app = socketio.ASGIApp(sio)
if __name__ == '__main__':
    uvicorn.run(app, host='127.0.0.1', port=int(os.environ.get('PORT', 4000)), log_level='warning', ws='websockets')

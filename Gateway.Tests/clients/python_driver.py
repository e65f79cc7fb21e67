"""python-socketio's two clients: a command a line on standard input, an observation a line on standard output.

python_driver.py async|sync
"""
import asyncio
import json
import sys
import threading

import socketio

_printing = threading.Lock()


def report(**observation):
    with _printing:
        print(json.dumps(observation), flush=True)


def refusal(data):
    return data.get('message', '') if isinstance(data, dict) else str(data)


def observe(client):
    @client.on('connect_error')
    def refused(data=None):
        report(on='refused', message=refusal(data))

    @client.on('disconnect')
    def disconnected(*_):
        report(on='disconnect', reason='')

    @client.on('oh_event')
    def event(payload):
        report(on='event', event=payload)

    @client.on('connect')
    def connected():
        report(on='connect', transport=client.transport())


def acknowledged(*args):
    report(on='ack', args=args)


def emit_arguments(command):
    callback = acknowledged if command.get('ack') else None
    return (command['name'], command['payload']), {'callback': callback}


async def run_async():
    client = socketio.AsyncClient(reconnection=False)
    observe(client)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        if command['do'] == 'connect':
            try:
                await client.connect(command['url'], wait_timeout=20, **command['options'])
            except socketio.exceptions.ConnectionError as error:
                report(on='failed', message=str(error))
        elif command['do'] == 'emit':
            args, options = emit_arguments(command)
            await client.emit(*args, **options)
        elif command['do'] == 'leave':
            reading = client.eio.read_loop_task
            await client.disconnect()
            # Else its end may reset the connection that comes next.
            await asyncio.wait([reading])


def run_sync():
    client = socketio.Client(reconnection=False)
    observe(client)
    for line in sys.stdin:
        command = json.loads(line)
        if command['do'] == 'connect':
            try:
                client.connect(command['url'], wait_timeout=20, **command['options'])
            except socketio.exceptions.ConnectionError as error:
                report(on='failed', message=str(error))
        elif command['do'] == 'emit':
            args, options = emit_arguments(command)
            client.emit(*args, **options)
        elif command['do'] == 'leave':
            reading = client.eio.read_loop_task
            client.disconnect()
            reading.join()


if __name__ == '__main__':
    if sys.argv[1] == 'async':
        asyncio.run(run_async())
    else:
        run_sync()

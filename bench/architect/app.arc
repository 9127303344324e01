@app
bench

@aws
runtime nodejs20.x
memory 128
timeout 3

@http
get /echo
get /message/:message_id

print("wstap")

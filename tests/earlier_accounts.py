"""One account in each of the two forms of earlier systems."""

SECRET = "hunter2"  # noqa: S105 - what must not be shown
FORM_A = {
    "id": "acc-1",
    "name": "Apex A",
    "mt5": {"baseUrl": "http://10.0.0.5:8080", "login": 51234567},
    "symbols": ["XAUUSD"],
    "risk": {"riskPercent": 1, "maxDailyLoss": 500, "maxWeeklyLoss": 1500},
    "killSwitch": {"enabled": True, "dailyDDLimit": 4.5, "weeklyDDLimit": 8},
}
FORM_B = {
    "account_id": "FTMO-77",
    "broker": "FTMO",
    "mt5_login": "510077",
    "mt5_password": SECRET,
    "mt5_server": "FTMO-Demo",
    "max_position_size": 5.0,
    "max_daily_trades": 20,
}

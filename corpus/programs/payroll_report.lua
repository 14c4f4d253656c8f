-- A long procedural report in the style of business programs: one function with very many locals, a large table literal, step by step totals.

local staff = {
  { id = 101; name = "Abel, Ruth",     dept = "SALES", grade = 3; hours = { 38, 40, 42.5, 36 }; rate = 21.50; start = 1998 },
  { id = 102; name = "Berg, Tom",      dept = "SALES", grade = 1; hours = { 40, 40, 40, 40 };   rate = 14.25; start = 2005 },
  { id = 103; name = "Costa, Maria",   dept = "IT",    grade = 5; hours = { 45, 50, 38, 41 };   rate = 35.00; start = 1994 },
  { id = 104; name = "Dahl, Erik",     dept = "IT",    grade = 2; hours = { 20, 20, 20, 20 };   rate = 24.75; start = 2003, part_time = true },
  { id = 105; name = "Egan, Sue",      dept = "STORE", grade = 1; hours = { 44, 0, 40, 39 };    rate = 12.10; start = 2006, [ "note" ] = [[sick in
week two]] },
  { id = 106; name = "Falk, Jens",     dept = "STORE", grade = 2; hours = { 40, 41, 42, 43 };   rate = 13.80; start = 2001 },
  { id = 107; name = "Gray, Ann-Marie",dept = "STORE", grade = 4; hours = { 39.5, 39.5, 39.5, 39.5 }; rate = 18.00; start = 1989 },
  { id = 108; name = "Hill, Bob",      dept = "BOARD", grade = 9; salary = 9200,                              start = 1985 },
  { id = 109; name = "Ito, Ken",       dept = "IT",    grade = 3; hours = { 60, 61, 20, 10 };   rate = 28.40; start = 2000 },
  { id = 110; name = "Jung, Eva",      dept = "SALES", grade = 2; hours = { 40, 40, nil, 40 };  rate = 15.90; start = 2004 },
}

local brackets, levies = { { 0, .10 }, { 1500, .18 }, { 3000, .27 }, { 6000, .35 } }, { pension = 9.3e-2, health = 7.5E-2, fund = 0x1 / 0x40 }

local function cents(x) return math.floor(x * 100 + 0.5) / 100; end;

local function report(list, year)
  local line_width = 76; local rule, double = ("-"):rep(line_width), ("="):rep(line_width);
  local page, line, lines_per_page = 1, 0, 24
  local total_gross, total_tax, total_net, total_pension, total_health, total_fund, total_hours, total_overtime, total_bonus = 0, 0, 0, 0, 0, 0, 0, 0, 0
  local headcount, part_timers, salaried, hourly, absent_weeks, long_service, youngest, oldest = 0, 0, 0, 0, 0, 0
  local highest, highest_name, lowest, lowest_name = -math.huge, nil, math.huge, nil
  local by_dept, dept_order, by_grade = {}, {}, {}
  local warnings, footnotes = {}, {}
  local overtime_factor, double_factor, overtime_from, double_from = 1.5, 2, 40, 50
  local seniority_step, seniority_rate, seniority_max = 5, 0.02, 0.08
  local a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
  local b1, b2, b3, b4, b5, b6, b7, b8, b9, b10 = a1 * 2, a2 * 2, a3 * 2, a4 * 2, a5 * 2, a6 * 2, a7 * 2, a8 * 2, a9 * 2, a10 * 2
  local c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 = b10 - a1, b9 - a2, b8 - a3, b7 - a4, b6 - a5, b5 - a6, b4 - a7, b3 - a8, b2 - a9, b1 - a10
  local check_a, check_b, check_c = a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10, b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9 + b10, c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10

  local function out(fmt, ...)
    if line == 0 then
      print(("%-50s%26s"):format("PAYROLL " .. year, "page " .. page)); print(double)
      line = 2
    end
    print((fmt:format(...):gsub("%s+$", "")))
    line = line + 1
    if line >= lines_per_page then print("\f"); page, line = page + 1, 0 end
  end

  out("%-4s %-18s %-6s %8s %9s %9s %8s %8s", "id", "name", "dept", "hours", "gross", "tax", "levies", "net")
  out("%s", rule)

  for index, person in ipairs(list) do
    repeat                                   -- `break` inside serves as `continue`
      headcount = headcount + 1
      local id, name, dept, grade = person.id, person.name, person.dept, person.grade
      local hours, overtime, doubled, absent = 0, 0, 0, 0
      local gross, base, extra, bonus
      if person.salary then
        salaried, gross, base, extra = salaried + 1, person.salary, person.salary, 0
      elseif not person.hours then
        warnings[#warnings + 1] = id .. " has neither hours nor salary"
        break
      else
        hourly = hourly + 1
        for week = 1, 4 do
          local worked = person.hours[week]
          if not worked then
            warnings[#warnings + 1] = ("%d: week %d is missing"):format(id, week)
            worked = 0
          end
          if worked == 0 then absent = absent + 1 end
          hours = hours + worked
          if worked > double_from then
            doubled = doubled + worked - double_from
            overtime = overtime + double_from - overtime_from
          elseif worked > overtime_from then overtime = overtime + worked - overtime_from end
        end
        base = hours * person.rate
        extra = overtime * person.rate * (overtime_factor - 1) + doubled * person.rate * (double_factor - 1)
        gross = base + extra
      end
      local years = year - person.start
      local steps = math.floor(years / seniority_step)
      local seniority = math.min(seniority_max, steps * seniority_rate)
      bonus = cents(gross * seniority)
      gross = cents(gross + bonus)
      if years >= 15 then long_service = long_service + 1 end
      oldest = oldest and math.max(oldest, years) or years; youngest = youngest and math.min(youngest, years) or years
      if person.part_time then part_timers = part_timers + 1 end
      absent_weeks = absent_weeks + absent

      local tax = 0
      for i = #brackets, 1, -1 do
        local from, rate = unpack(brackets[i])
        local upto = brackets[i + 1] and brackets[i + 1][1] or math.huge
        if gross > from then tax = tax + (math.min(gross, upto) - from) * rate end
      end
      tax = cents(tax)
      local pension, health, fund = cents(gross * levies.pension), cents(math.min(gross, 4000) * levies.health), cents(grade >= 3 and gross * levies.fund or 0)
      local net = cents(gross - tax - pension - health - fund)

      total_gross, total_tax, total_net = total_gross + gross, total_tax + tax, total_net + net
      total_pension, total_health, total_fund = total_pension + pension, total_health + health, total_fund + fund
      total_hours, total_overtime, total_bonus = total_hours + hours, total_overtime + overtime + doubled, total_bonus + bonus
      if net > highest then highest, highest_name = net, name end
      if net < lowest then lowest, lowest_name = net, name end

      local d = by_dept[dept]
      if not d then d = { count = 0, gross = 0, net = 0, hours = 0 }; by_dept[dept] = d; dept_order[#dept_order + 1] = dept end
      d.count, d.gross, d.net, d.hours = d.count + 1, d.gross + gross, d.net + net, d.hours + hours
      by_grade[grade] = (by_grade[grade] or 0) + 1

      local mark = ""
      if person.note then footnotes[#footnotes + 1] = person.note:gsub("\n", " ") .. ""; mark = " *" .. #footnotes end
      out("%-4d %-18.18s %-6s %8s %9.2f %9.2f %8.2f %8.2f%s", id, name, dept, hours > 0 and ("%.2f"):format(hours) or "-", gross, tax, pension + health + fund, net, mark)
      if overtime + doubled > 0 then out("       %-20s %13.2f %9.2f", overtime > 0 and doubled > 0 and "overtime and double" or "overtime", overtime + doubled, extra) end
      if bonus > 0 then out("       seniority %d%%, %d years %24.2f", seniority * 100, years, bonus) end
    until true
  end

  out("%s", rule)
  out("%-30s %8.2f %9.2f %9.2f %8.2f %8.2f", "total of " .. headcount, total_hours, total_gross, total_tax, total_pension + total_health + total_fund, total_net)
  local difference = total_gross - total_tax - total_pension - total_health - total_fund - total_net
  out("control difference %.2f", math.abs(difference) < 0.005 and 0 or difference)
  out("pension %.2f health %.2f fund %.2f bonus %.2f overtime %.2f", total_pension, total_health, total_fund, total_bonus, total_overtime)
  out("highest %s %.2f, lowest %s %.2f", highest_name, highest, lowest_name, lowest)
  out("hourly %d salaried %d part time %d absent weeks %d long service %d years %d to %d", hourly, salaried, part_timers, absent_weeks, long_service, youngest, oldest)

  table.sort(dept_order, function(x, y) return by_dept[x].gross > by_dept[y].gross end)
  for rank, dept in ipairs(dept_order) do
    local d = by_dept[dept]
    out("%d. %-8s %2d people %10.2f gross %10.2f mean net %s", rank, dept, d.count, d.gross, d.net / d.count, ("*"):rep(math.floor(d.gross / total_gross * 40 + 0.5)))
  end
  local grades = {}
  for g = 1, 9 do if by_grade[g] then grades[#grades + 1] = g .. ":" .. by_grade[g] end end
  out("grades %s", table.concat(grades, " "))
  for i, text in ipairs(footnotes) do out("*%d %s", i, text) end
  for _, text in ipairs(warnings) do out("warning: %s", text) end
  out("checks %d %d %d", check_a, check_b, check_c)

  -- the months of a year with numeric loops of all kinds
  local plan, cash, month = {}, 50000, nil
  for m = 1, 12 do
    cash = cash - total_gross + (m % 3 == 0 and 95000 or 0)
    plan[m] = cash
    if cash < 0 and not month then month = m end
  end
  local low_month, low = 1, plan[1]
  for m = 12, 1, -1 do if plan[m] < low then low_month, low = m, plan[m] end end
  out("cash lowest in month %d: %.2f, first negative %s", low_month, low, tostring(month))
  for raise = 0, 0.05, 0.0125 do out("raise of %5.2f%% costs %9.2f", raise * 100, total_gross * raise) end
  local target, percent = total_gross * 1.1, 0
  while total_gross * (1 + percent / 100) < target do percent = percent + 0.5 end
  out("ten percent more is reached at %.1f%%", percent)
  return total_gross, total_net, headcount
end

local gross, net, count = report(staff, 2006)
print(("%.2f %.2f %d"):format(gross, net, count))
table.insert(staff, 3, { id = 111, name = "Kern, Max", dept = "LEGAL", grade = 1, start = 2006 })
table.remove(staff)
for i = #staff, 1, -1 do if staff[i].dept ~= "IT" and staff[i].dept ~= "LEGAL" then table.remove(staff, i) end end
print(select("#", report(staff, 2007)), pcall(report, { {} }, 2006))
